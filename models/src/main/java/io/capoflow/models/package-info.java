/** Placeholder until the module's classes land. */
package io.capoflow.models;
