/**
 * The stages of an iteration as Beam transforms, one package a stage, and the storage that they
 * share. A transform only wires; the logic of each stage is a plain class beside it.
 */
package io.capoflow.transforms;
