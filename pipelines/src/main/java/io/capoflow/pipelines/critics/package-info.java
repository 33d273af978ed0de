/** The critics that recipes name: who they are, and what they are doing. */
package io.capoflow.pipelines.critics;
