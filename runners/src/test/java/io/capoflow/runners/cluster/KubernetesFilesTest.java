package io.capoflow.runners.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Kubernetes would take the deployment files. */
final class KubernetesFilesTest {
  private static final KubernetesSchemas SCHEMAS = new KubernetesSchemas();

  static List<String> files() {
    return DeploymentFiles.kubernetes();
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyResourceIsAsItsSchemaSays(String file) {
    List<Map<String, Object>> resources = DeploymentFiles.documents(DeploymentFiles.text(file));
    assertThat(resources).isNotEmpty();
    for (Map<String, Object> resource : resources) {
      assertThat(SCHEMAS.faults(resource)).as(file).isEmpty();
    }
  }

  @Test
  void aFaultIsFoundWhereverItIs() {
    String cluster = DeploymentFiles.text("kubernetes/cluster-cpu.yaml");
    assertFault(cluster, "mode: standalone", "mode: alone", "mode");
    assertFault(cluster, "flinkVersion: v1_19", "flinkVersion: v1_99", "flinkVersion");
    assertFault(cluster, "replicas: 2", "replicas: two", "replicas");
    assertFault(cluster, "tcpSocket:", "tcpSockets:", "tcpSockets");
    assertFault(cluster, "flinkConfiguration:", "flinkConfigurations:", "flinkConfigurations");
    String driver = DeploymentFiles.text("kubernetes/driver.yaml");
    assertFault(driver, "backoffLimit:", "backofLimit:", "backofLimit");
    assertFault(
        driver,
        "terminationGracePeriodSeconds: 600",
        "terminationGracePeriodSeconds: long",
        "terminationGracePeriodSeconds");
    assertFault(driver, "mountPath:", "mount:", "mount");
  }

  private static void assertFault(String yaml, String right, String wrong, String named) {
    assertThat(yaml).contains(right);
    List<String> faults =
        DeploymentFiles.documents(yaml.replace(right, wrong)).stream()
            .flatMap(resource -> SCHEMAS.faults(resource).stream())
            .toList();
    assertThat(faults).isNotEmpty().anyMatch(fault -> fault.contains(named));
  }
}
