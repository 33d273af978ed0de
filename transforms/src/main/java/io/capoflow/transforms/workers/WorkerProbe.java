package io.capoflow.transforms.workers;

import io.capoflow.models.tensor.Numerics;
import io.capoflow.models.tensor.Torch;
import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.Locations;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.Serial;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.apache.beam.sdk.transforms.DoFn;

/**
 * Writes what the process is that it runs in, once a process. A worker of another version is to
 * read it and to say so: it holds texts alone, and the number of its class is fixed.
 */
final class WorkerProbe extends DoFn<Integer, Void> {
  @Serial private static final long serialVersionUID = 1L;

  /** Slots of one process find each other's report. */
  private static final Object ONE_AT_A_TIME = new Object();

  private final String folder;
  private final String token;
  private final String numerics;
  private final String devices;
  private final String journal;

  /**
   * @param folder that is marked with the token
   * @param token of this probe, by which the journal's folder is marked as well
   */
  WorkerProbe(Path folder, String token, WorkerNeeds needs) {
    this.folder = folder.toString();
    this.token = token;
    this.numerics = needs.numerics().map(Numerics::name).orElse("");
    this.devices = String.join(" ", needs.devices());
    this.journal = needs.journal().map(Path::toString).orElse("");
  }

  @ProcessElement
  public void process() throws IOException {
    synchronized (ONE_AT_A_TIME) {
      WorkerReport worker = WorkerReport.ofThisProcess();
      Path place = Locations.of(folder);
      Optional<String> unseen = SharedFolder.fault(place, token);
      if (unseen.isPresent()) {
        // Where it cannot write its report, its failure is all that arrives.
        throw new UserMistake(
            worker.name() + " " + unseen(unseen.get(), place.getParent(), "--run or --output"));
      }
      if (!Files.exists(worker.file(place))) {
        look(worker).write(place);
      }
    }
  }

  private WorkerReport look(WorkerReport worker) {
    WorkerReport found = worker.withCode(CodeIdentity.ofThisProcess());
    if (!journal.isEmpty()) {
      Optional<String> unseen = SharedFolder.fault(Locations.of(journal), token);
      if (unseen.isPresent()) {
        return found.withFault(unseen(unseen.get(), Locations.of(journal), "critique.journal"));
      }
    }
    try {
      return found.withMachine(machine());
    } catch (Cancelled e) {
      throw e;
    } catch (LinkageError | RuntimeException e) {
      // Code of another version may fail in any way; that it is another is what is told then.
      return found.withFault("cannot compute: " + e.getMessage());
    }
  }

  private SortedMap<String, String> machine() {
    if (numerics.isEmpty()) {
      return MachineFacts.withoutTorch();
    }
    Torch.useNumerics(Numerics.valueOf(numerics));
    return MachineFacts.ofThisProcess(
        Stream.of(devices.split(" ")).filter(name -> !name.isEmpty()).toList());
  }

  private static String unseen(String fault, Path folder, String key) {
    return "%s %s: put it on storage that every worker sees, under the same name (%s)"
        .formatted(fault, folder, key);
  }
}
