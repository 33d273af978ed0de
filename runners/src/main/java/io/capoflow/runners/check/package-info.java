/** What a check of a run says to people and to programs. */
package io.capoflow.runners.check;
