/** Rows of files that others wrote, whatever their layout. */
package io.capoflow.datasets.rows;
