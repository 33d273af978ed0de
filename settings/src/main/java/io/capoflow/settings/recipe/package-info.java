/** What a recipe may say: every key of training and of the warm start, section by section. */
package io.capoflow.settings.recipe;
