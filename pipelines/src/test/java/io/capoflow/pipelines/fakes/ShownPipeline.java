package io.capoflow.pipelines.fakes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.runners.TransformHierarchy.Node;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.util.construction.PipelineTranslation;

/** What a pipeline shows of itself to whoever operates it. */
public final class ShownPipeline {
  /**
   * The variable that surefire sets for these tests. Its value stands for a key: nothing that is
   * shown, kept or sent may hold it.
   */
  public static final String SECRET_VARIABLE = "CAPOFLOW_TEST_SECRET";

  private ShownPipeline() {}

  /** A pipeline that is looked at and not run. */
  public static Pipeline create() {
    PipelineOptions options = PipelineOptionsFactory.create();
    options.setRunner(DirectRunner.class);
    return Pipeline.create(options);
  }

  /** The value that must be nowhere. */
  public static String secret() {
    return System.getenv(SECRET_VARIABLE);
  }

  /** Display data of our composite transforms, as text, by their full names. */
  public static Map<String, String> ofOurs(Pipeline pipeline) {
    Map<String, String> shown = new TreeMap<>();
    pipeline.traverseTopologically(
        new Pipeline.PipelineVisitor.Defaults() {
          @Override
          public CompositeBehavior enterCompositeTransform(Node node) {
            PTransform<?, ?> transform = node.getTransform();
            if (transform != null && transform.getClass().getName().startsWith("io.capoflow.")) {
              shown.put(node.getFullName(), text(DisplayData.from(transform)));
            }
            return CompositeBehavior.ENTER_TRANSFORM;
          }
        });
    return shown;
  }

  private static String text(DisplayData data) {
    return data.items().stream()
        .map(item -> item.getKey() + "=" + item.getValue())
        .collect(Collectors.joining("\n"));
  }

  /** The pipeline as a runner is given it, its functions compressed. */
  public static String sent(Pipeline pipeline) {
    return new String(PipelineTranslation.toProto(pipeline).toByteArray(), ISO_8859_1);
  }

  /** What travels to a worker inside a function. */
  public static String serialized(Object value) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toString(ISO_8859_1);
  }
}
