/**
 * Datasets of critiques: rollouts that somebody already has, with what critics say of their steps.
 * {@link io.capoflow.pipelines.critiques.CritiqueDataset} is the dataflow, {@link
 * io.capoflow.pipelines.critiques.DatasetBuild} the driver around it.
 */
package io.capoflow.pipelines.critiques;
