"""Who somebody is: what is tried and how often, second factors, devices, sessions and passwords."""
