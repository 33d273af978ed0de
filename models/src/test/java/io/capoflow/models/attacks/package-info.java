/** Texts that try to steer a critic, and a reader that is easily deceived. */
package io.capoflow.models.attacks;
