package io.capoflow.models.jinja;

/**
 * What {@code safe} gives. Python escapes for HTML what is added to it later, whatever the settings
 * say; so here it can be printed and tested, and nothing else is done with it.
 */
record Safe(String text) {}
