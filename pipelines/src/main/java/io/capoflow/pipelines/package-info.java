/** The graphs and the loop around them; here, the versions of what they are made of. */
package io.capoflow.pipelines;
