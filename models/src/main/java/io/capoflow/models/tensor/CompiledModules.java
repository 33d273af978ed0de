package io.capoflow.models.tensor;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The modules of this process by their text. To compile one takes longer than to load a small
 * model, and a module has no state: so all models of a form share one, and the next version of a
 * policy finds it compiled. Thread-safe.
 *
 * @param <M> the modules
 */
final class CompiledModules<M> {
  /** Modules that nobody uses and that stay: those of a policy, its reference and its critic. */
  private static final int IDLE = 4;

  private static final CompiledModules<Module> OF_PROCESS =
      new CompiledModules<>(CompiledModules::compile, Module::close);

  private final Function<String, M> compiler;
  private final Consumer<M> closer;
  // In the order in which they were asked for.
  private final Map<String, Entry<M>> entries = new LinkedHashMap<>();

  /** A compiled module and what owns it. */
  record Module(NDManager owner, PtSymbolBlock block) {
    private void close() {
      block.close();
      owner.close();
    }
  }

  private static final class Entry<M> {
    private final M module;
    private int users;

    Entry(M module) {
      this.module = module;
    }
  }

  CompiledModules(Function<String, M> compiler, Consumer<M> closer) {
    this.compiler = compiler;
    this.closer = closer;
  }

  /** Those of this process. */
  static CompiledModules<Module> ofProcess() {
    return OF_PROCESS;
  }

  /** The module of a text, for whoever gives it back once by {@link #giveBack}. */
  synchronized M take(String source) {
    Entry<M> entry = entries.remove(source);
    if (entry == null) {
      entry = new Entry<>(compiler.apply(source));
    }
    entries.put(source, entry);
    entry.users++;
    return entry.module;
  }

  /** Ends one use of a module. */
  synchronized void giveBack(String source) {
    entries.get(source).users--;
    long idle = entries.values().stream().filter(entry -> entry.users == 0).count();
    Iterator<Entry<M>> oldest = entries.values().iterator();
    while (idle > IDLE) {
      Entry<M> entry = oldest.next();
      if (entry.users == 0) {
        oldest.remove();
        closer.accept(entry.module);
        idle--;
      }
    }
  }

  private static Module compile(String source) {
    NDManager owner = Torch.newManager(Torch.device("cpu"));
    try {
      return new Module(
          owner,
          JniUtils.loadModule(
              (PtNDManager) owner,
              new ByteArrayInputStream(TorchScriptArchive.of(source)),
              false,
              false));
    } catch (IOException e) {
      owner.close();
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      owner.close();
      throw e;
    }
  }
}
