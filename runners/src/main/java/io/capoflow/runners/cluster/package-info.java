/** A Flink cluster: what it has to be given, and one on this machine. */
package io.capoflow.runners.cluster;
