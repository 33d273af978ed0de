/** Answers that were paid for, kept so that no call is paid for twice. */
package io.capoflow.models.journal;
