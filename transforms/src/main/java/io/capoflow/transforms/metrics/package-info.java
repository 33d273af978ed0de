/** What stages count for whoever operates an engine. No row depends on it. */
package io.capoflow.transforms.metrics;
