/** Jars of others, whose classes a recipe names: how they come into the process. */
package io.capoflow.settings.extensions;
