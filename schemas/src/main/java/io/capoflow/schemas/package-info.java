/**
 * What flows between the stages: records generated from Avro schemas, their keys, canonical bytes,
 * digests and draws.
 */
package io.capoflow.schemas;
