package io.capoflow.runners.engine;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.client.program.rest.RestClusterClient;
import org.apache.flink.runtime.messages.FlinkJobNotFoundException;
import org.apache.flink.runtime.messages.webmonitor.JobStatusInfo;
import org.apache.flink.runtime.rest.messages.ClusterConfigurationInfoHeaders;
import org.apache.flink.runtime.rest.messages.ConfigurationInfoEntry;
import org.apache.flink.runtime.rest.messages.EmptyMessageParameters;
import org.apache.flink.runtime.rest.messages.EmptyRequestBody;
import org.apache.flink.runtime.rest.messages.JobExceptionsHeaders;
import org.apache.flink.runtime.rest.messages.JobMessageParameters;
import org.apache.flink.runtime.rest.messages.job.JobExceptionsMessageParameters;
import org.apache.flink.runtime.rest.messages.job.JobStatusInfoHeaders;
import org.apache.flink.runtime.rest.util.RestClientException;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpResponseStatus;
import org.apache.flink.util.ExceptionUtils;

/** Requests to a cluster's REST endpoint that Flink's client has no method for. */
final class Requests {
  private Requests() {}

  /** The cluster's settings, by key. */
  static CompletableFuture<Map<String, String>> configuration(RestClusterClient<?> client) {
    return client
        .sendRequest(
            ClusterConfigurationInfoHeaders.getInstance(),
            EmptyMessageParameters.getInstance(),
            EmptyRequestBody.getInstance())
        .thenApply(
            entries ->
                entries.stream()
                    .collect(
                        Collectors.toMap(
                            ConfigurationInfoEntry::getKey, ConfigurationInfoEntry::getValue)));
  }

  /** What the tasks of a job have failed with so far, as text, one after the other. */
  static CompletableFuture<String> failures(RestClusterClient<?> client, JobID job) {
    JobExceptionsMessageParameters parameters =
        JobExceptionsHeaders.getInstance().getUnresolvedMessageParameters();
    parameters.jobPathParameter.resolve(job);
    return client
        .sendRequest(JobExceptionsHeaders.getInstance(), parameters, EmptyRequestBody.getInstance())
        .thenApply(
            failures ->
                failures.getExceptionHistory().getEntries().stream()
                    .map(failure -> failure.getStacktrace())
                    .collect(Collectors.joining("\n")));
  }

  /** How a job stands: one that a JobManager has suspended while it stops, too. */
  static CompletableFuture<JobStatus> status(RestClusterClient<?> client, JobID job) {
    JobMessageParameters parameters =
        JobStatusInfoHeaders.getInstance().getUnresolvedMessageParameters();
    parameters.jobPathParameter.resolve(job);
    return client
        .sendRequest(JobStatusInfoHeaders.getInstance(), parameters, EmptyRequestBody.getInstance())
        .thenApply(JobStatusInfo::getJobStatus);
  }

  /** Whether a request was refused since the cluster knows no such job. */
  static boolean isUnknown(Throwable refused) {
    return comesFrom(refused, FlinkJobNotFoundException.class)
        || ExceptionUtils.findThrowable(refused, RestClientException.class)
            .filter(answer -> answer.getHttpResponseStatus().equals(HttpResponseStatus.NOT_FOUND))
            .isPresent();
  }

  /** Whether a failure comes from one of a kind, which Flink sends as an object or as text. */
  static boolean comesFrom(Throwable failure, Class<? extends Throwable> kind) {
    return ExceptionUtils.findThrowable(failure, kind).isPresent()
        || ExceptionUtils.findThrowableWithMessage(failure, kind.getSimpleName()).isPresent();
  }
}
