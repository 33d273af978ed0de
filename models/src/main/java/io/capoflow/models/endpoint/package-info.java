/**
 * Chat models behind OpenAI-compatible servers: what is asked and answered, the limits that calls
 * keep, and the client that makes them.
 */
package io.capoflow.models.endpoint;
