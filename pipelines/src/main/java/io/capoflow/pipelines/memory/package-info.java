/** Whether a recipe's models and their work fit where they are to run. */
package io.capoflow.pipelines.memory;
