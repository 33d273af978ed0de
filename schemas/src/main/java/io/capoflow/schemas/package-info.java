/**
 * What flows between the stages: records generated from Avro schemas, their keys, canonical bytes,
 * digests and draws. Also how JSON is read and written.
 */
package io.capoflow.schemas;
