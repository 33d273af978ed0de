package io.capoflow.models.jinja;

/**
 * What a missing variable, key or item is: false, empty, printed as nothing, and unusable for
 * anything else.
 *
 * @param name as messages call it
 */
record Undefined(String name) {}
