/** Where org policy lies on every machine. */
export const orgPolicyPath = "/etc/cordon/policy.yaml"
