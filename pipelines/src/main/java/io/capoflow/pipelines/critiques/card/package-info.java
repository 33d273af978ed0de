/**
 * What a critique dataset says of itself: its statistics, and the card that it is published with.
 */
package io.capoflow.pipelines.critiques.card;
