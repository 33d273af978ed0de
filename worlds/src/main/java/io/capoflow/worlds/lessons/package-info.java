/** What is taught by example: a world offers its lessons, the supervised warm start takes them. */
package io.capoflow.worlds.lessons;
