package io.capoflow.runners.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1Job;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PersistentVolumeClaim;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What Kubernetes' API server would say of a resource: of a FlinkDeployment by the schema that the
 * operator installs, of the other kinds by the models of Kubernetes' own client. A field that
 * nobody knows is a fault, as with {@code kubectl apply}.
 */
final class KubernetesSchemas {
  private static final String OPERATORS =
      "/flink-operator/META-INF/fabric8/flinkdeployments.flink.apache.org-v1.yml";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** A kind's check in Kubernetes' client. */
  private interface Model {
    void check(JsonElement resource) throws IOException;
  }

  private static final Map<String, Model> MODELS =
      Map.of(
          "v1 Service", V1Service::validateJsonElement,
          "v1 ServiceAccount", V1ServiceAccount::validateJsonElement,
          "v1 PersistentVolumeClaim", V1PersistentVolumeClaim::validateJsonElement,
          "apps/v1 Deployment", V1Deployment::validateJsonElement,
          "batch/v1 Job", V1Job::validateJsonElement,
          "networking.k8s.io/v1 NetworkPolicy", V1NetworkPolicy::validateJsonElement,
          "policy/v1 PodDisruptionBudget", V1PodDisruptionBudget::validateJsonElement);

  private final Schema deployment;
  private final Schema pod;

  KubernetesSchemas() {
    ObjectNode schema = operators();
    refuseUnknown(schema);
    this.deployment = schema(schema);
    this.pod = schema(schema.at("/properties/spec/properties/podTemplate"));
  }

  private static ObjectNode operators() {
    try (InputStream file = KubernetesSchemas.class.getResourceAsStream(OPERATORS)) {
      String yaml = new String(file.readAllBytes(), StandardCharsets.UTF_8);
      return (ObjectNode)
          JSON.<JsonNode>valueToTree(
              DeploymentFiles.at(
                  DeploymentFiles.documents(yaml).get(0),
                  "spec",
                  "versions",
                  0,
                  "schema",
                  "openAPIV3Schema"));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the operator's schema", e);
    }
  }

  private static Schema schema(JsonNode node) {
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7).getSchema(node);
  }

  /** An OpenAPI schema lets unknown fields pass; Kubernetes does not. */
  private static void refuseUnknown(JsonNode node) {
    node.forEach(KubernetesSchemas::refuseUnknown);
    if (node instanceof ObjectNode object
        && object.path("properties").isObject()
        && object.path("type").asText().equals("object")
        && !object.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
      object.put("additionalProperties", false);
    }
  }

  /** Faults of a resource, none where it would be taken. */
  List<String> faults(Map<String, Object> resource) {
    JsonNode json = JSON.valueToTree(resource);
    String kind = json.path("apiVersion").asText() + " " + json.path("kind").asText();
    if (kind.equals("flink.apache.org/v1beta1 FlinkDeployment")) {
      return messages(deployment.validate(withoutKind(json)));
    }
    Model model = MODELS.get(kind);
    if (model == null) {
      return List.of(kind + ": not known here");
    }
    List<String> faults = new ArrayList<>();
    try {
      model.check(JsonParser.parseString(json.toString()));
    } catch (IllegalArgumentException e) {
      faults.add(e.getMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot check " + kind, e);
    }
    // Kubernetes' models look for fields, not for the types of their values: of pods the schema
    // knows both.
    JsonNode template = json.at("/spec/template");
    if (template.isObject()) {
      faults.addAll(messages(pod.validate(template)));
    }
    return faults;
  }

  /** The operator's schema leaves out what every resource has. */
  private static JsonNode withoutKind(JsonNode resource) {
    ObjectNode copy = resource.deepCopy();
    copy.remove(List.of("apiVersion", "kind", "metadata"));
    return copy;
  }

  private static List<String> messages(List<Error> errors) {
    return errors.stream().map(Error::toString).toList();
  }
}
