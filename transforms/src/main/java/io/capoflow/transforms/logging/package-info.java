/** What a worker's log lines are about. */
package io.capoflow.transforms.logging;
