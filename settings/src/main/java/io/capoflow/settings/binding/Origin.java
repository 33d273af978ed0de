package io.capoflow.settings.binding;

/**
 * Where a value was set.
 *
 * @param place as an error names it: {@code recipes/arithmetic.yaml:12}, {@code --seed}
 * @param paths resolves the relative paths written there
 */
record Origin(String place, PathContext paths) {}
