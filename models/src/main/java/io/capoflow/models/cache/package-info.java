/**
 * Models that stay loaded in a worker. On a cluster this package belongs to the worker's own class
 * path, with the tensor engine: native code loads into one class loader only.
 */
package io.capoflow.models.cache;
