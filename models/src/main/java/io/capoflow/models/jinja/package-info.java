/**
 * The part of Jinja that chat templates are written in, rendered as Python's Jinja2 renders it:
 * expressions, {@code if}, {@code for}, {@code set} and {@code macro}. No files, no reflection,
 * bounded work.
 */
package io.capoflow.models.jinja;
