package io.capoflow.models.learning;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.tensor.NamedTensors;
import io.capoflow.models.tensor.Torch;
import io.capoflow.models.tensor.TorchScript;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntConsumer;

/**
 * Gradients of a mini-batch's parts, computed by as many workers as are named and added to the
 * optimizer's in the parts' order. A worker has gradients of its own, so that those that are added
 * are the same numbers in the same order with any number of workers.
 *
 * <p>For one thread at a time. The model and the optimizer stay the caller's.
 */
final class PartGradients implements AutoCloseable {
  private final CausalLm model;
  private final AdamW optimizer;
  private final ObjectiveSettings objective;
  private final ComputeSettings compute;
  private final PartWorkers workers;
  private final Replica[] replicas;

  /** A part's tensors as its script takes them. */
  interface Tensors {
    /**
     * Called by the worker that computes the part.
     *
     * @param scope owner of the tensors
     */
    Map<String, NDArray> of(int part, NDManager scope);
  }

  /** Reads what the script returned of a part. Called by the worker that computed it. */
  interface Reading<R> {
    R of(int part, NDList result);
  }

  PartGradients(
      CausalLm model,
      AdamW optimizer,
      ObjectiveSettings objective,
      ComputeSettings compute,
      PartSettings parts) {
    this.model = requireNonNull(model, "model");
    this.optimizer = requireNonNull(optimizer, "optimizer");
    this.objective = requireNonNull(objective, "objective");
    this.compute = requireNonNull(compute, "compute");
    int threads = Torch.threads();
    PartSettings here = parts.on(!model.trainable().device().isGpu(), threads);
    this.workers =
        new PartWorkers(here.workers(), here.slotsInFlight(), () -> Torch.useThreads(threads));
    this.replicas = new Replica[here.workers()];
  }

  /**
   * Adds the gradients of all parts.
   *
   * @param method of {@code backward.py}
   * @param slots of each part, padding included
   * @param numbers that the method reads beside the learner's settings
   * @param read whose throwing stops the work
   * @return what was read, in the parts' order
   * @throws RuntimeException what {@code read} has thrown of the first such part; of the other
   *     parts some may have been added
   */
  <R> List<R> add(
      String method, long[] slots, Tensors tensors, Map<String, Double> numbers, Reading<R> read) {
    Object[] results = new Object[slots.length];
    workers.run(
        slots,
        new PartWorkers.Work() {
          @Override
          public void compute(int part, int worker) {
            Replica replica = replica(worker);
            try (NDManager scope = model.newScope();
                NDManager host = Torch.newHostScope(scope)) {
              Map<String, NDArray> settings = replica.settings.tensors();
              numbers.forEach((name, value) -> settings.put(name, host.create(value)));
              results[part] =
                  read.of(
                      part,
                      model
                          .script()
                          .differentiate(
                              scope,
                              method,
                              List.of(
                                  replica.parameters,
                                  replica.gradients.named(),
                                  tensors.of(part, scope),
                                  settings)));
            }
          }

          @Override
          public void handIn(int part, int worker) {
            optimizer.addGradients(replicas[worker].gradients);
          }
        });
    @SuppressWarnings("unchecked") // filled with nothing else
    List<R> typed = (List<R>) Arrays.asList(results);
    return typed;
  }

  /**
   * Computes parts without gradients on the same workers.
   *
   * @param part computes one, while others compute others
   */
  void evaluate(long[] slots, IntConsumer part) {
    workers.run(
        slots,
        new PartWorkers.Work() {
          @Override
          public void compute(int number, int worker) {
            part.accept(number);
          }

          @Override
          public void handIn(int number, int worker) {
            // Where its results lie does not depend on its turn.
          }
        });
  }

  @Override
  public void close() {
    workers.close();
    Arrays.stream(replicas).filter(Objects::nonNull).forEach(Replica::close);
  }

  /** Only the worker of that number asks, one run of the workers after another. */
  private Replica replica(int worker) {
    if (replicas[worker] == null) {
      replicas[worker] = new Replica();
    }
    return replicas[worker];
  }

  /**
   * What one worker computes with: the model's own memory under arrays of its own, since an array's
   * name is a part of a call, and gradients that nobody else writes to.
   */
  private final class Replica implements AutoCloseable {
    final NDManager owner = model.newScope();
    final Map<String, NDArray> parameters = TorchScript.aliases(owner, model.parameters());
    final NamedTensors gradients = model.trainable().zeros();
    final ScriptSettings settings = new ScriptSettings(model, objective, compute);

    @Override
    public void close() {
      settings.close();
      gradients.close();
      owner.close();
    }
  }
}
