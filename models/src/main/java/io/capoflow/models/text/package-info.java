/** Text and tokens: what a model reads and writes. */
package io.capoflow.models.text;
