package io.capoflow.settings.binding;

import java.util.List;

/** A recipe's record that names files which must exist before anything is started. */
public interface NeedsFiles {
  /** Dotted names of the path keys whose file or directory must exist, given the other settings. */
  List<String> requiredFiles();
}
