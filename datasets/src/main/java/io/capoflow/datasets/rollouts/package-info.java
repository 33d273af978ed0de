/** Rollouts that others have: the layouts of their files, read row by row. */
package io.capoflow.datasets.rollouts;
