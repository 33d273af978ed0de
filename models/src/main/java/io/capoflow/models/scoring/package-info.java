/** What a policy and its reference think of responses, wherever that is computed. */
package io.capoflow.models.scoring;
