package io.capoflow.models.generation;

/**
 * One prompt and the samples wanted of it; the prompt is read once for all of them.
 *
 * @param promptTokenIds the prompt, its beginning-of-sequence token included
 * @param drawKeys one per sample: the uniform at position t of sample s is {@code
 *     Draws.uniform(drawKeys[s], t)}
 */
public record GenerationRequest(int[] promptTokenIds, long[] drawKeys) {}
