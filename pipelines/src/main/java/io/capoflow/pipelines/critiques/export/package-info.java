/**
 * Datasets of critiques in the layouts that others train on. A row becomes a line or is left out
 * for a reason that is counted; a file appears whole or not at all.
 */
package io.capoflow.pipelines.critiques.export;
