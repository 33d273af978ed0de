/** Problem sets: reading, checking, splitting and scheduling them. */
package io.capoflow.datasets.problems;
