-- Steps of all runs in the order of time, for who looks for the slow and the broken among them.
CREATE INDEX run_events_made ON run_events (tenant, kind, made, run, number);
