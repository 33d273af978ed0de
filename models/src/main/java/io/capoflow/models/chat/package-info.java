/** From chat messages to the prompt that a model was taught to continue. */
package io.capoflow.models.chat;
