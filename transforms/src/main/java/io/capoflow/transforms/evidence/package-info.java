/** Whether what was found out about an iteration's rollouts is sound enough to learn from. */
package io.capoflow.transforms.evidence;
