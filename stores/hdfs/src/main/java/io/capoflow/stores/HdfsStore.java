package io.capoflow.stores;

import java.io.File;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/**
 * A name node and a data node on loopback, as long as this program's input is open. Prints the
 * address, {@code hdfs://127.0.0.1:PORT}, when files can be written.
 */
public final class HdfsStore {
  private HdfsStore() {}

  /**
   * Runs it.
   *
   * @param args the folder for its files; a port, where not any free one will do
   */
  public static void main(String[] args) throws IOException {
    Configuration configuration = new Configuration();
    configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, new File(args[0]).getAbsolutePath());
    configuration.set("dfs.namenode.rpc-bind-host", "127.0.0.1");
    configuration.set("dfs.namenode.http-address", "127.0.0.1:0");
    MiniDFSCluster cluster =
        new MiniDFSCluster.Builder(configuration)
            .numDataNodes(1)
            .nameNodePort(args.length > 1 ? Integer.parseInt(args[1]) : 0)
            .format(true)
            .build();
    cluster.waitActive();
    System.out.println("hdfs://127.0.0.1:" + cluster.getNameNodePort());
    System.out.flush();
    while (System.in.read() >= 0) {
      // Whatever is written to it says that somebody is there.
    }
    cluster.shutdown();
    System.exit(0);
  }
}
