/** A chat server for tests: its answers are a pure function of what it is asked. */
package io.capoflow.models.stub;
