/** Token rewards and group-relative advantages, by CAPO and the schemes it is compared with. */
package io.capoflow.transforms.credit;
