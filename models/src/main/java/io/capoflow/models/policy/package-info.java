/** Who samples: policies in this process and elsewhere behind one small interface. */
package io.capoflow.models.policy;
