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
import java.util.function.Function;

/**
 * The modules of this process by their text. To compile one takes longer than to load a small
 * model, and a module has no state: so all models of a form share one, and the next version of a
 * policy finds it compiled. Thread-safe.
 */
final class CompiledModules {
  /** Modules that nobody uses and that stay: those of a policy, its reference and its critic. */
  private static final int IDLE = 4;

  private static final CompiledModules OF_PROCESS = new CompiledModules(CompiledModules::compile);

  private final Function<String, Module> compiler;
  // In the order in which they were asked for.
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /** A compiled module and what owns it. */
  record Module(NDManager owner, PtSymbolBlock block) implements AutoCloseable {
    @Override
    public void close() {
      block.close();
      owner.close();
    }
  }

  private static final class Entry {
    private final Module module;
    private int users;

    Entry(Module module) {
      this.module = module;
    }
  }

  CompiledModules(Function<String, Module> compiler) {
    this.compiler = compiler;
  }

  /** Those of this process. */
  static CompiledModules ofProcess() {
    return OF_PROCESS;
  }

  /** The module of a text, for whoever gives it back once by {@link #giveBack}. */
  synchronized Module take(String source) {
    Entry entry = entries.remove(source);
    if (entry == null) {
      entry = new Entry(compiler.apply(source));
    }
    entries.put(source, entry);
    entry.users++;
    return entry.module;
  }

  /** Ends one use of a module. */
  synchronized void giveBack(String source) {
    entries.get(source).users--;
    long idle = entries.values().stream().filter(entry -> entry.users == 0).count();
    Iterator<Entry> oldest = entries.values().iterator();
    while (idle > IDLE) {
      Entry entry = oldest.next();
      if (entry.users == 0) {
        oldest.remove();
        entry.module.close();
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
