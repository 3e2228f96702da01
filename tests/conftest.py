"""What holds for all tests."""

from hypothesis import HealthCheck, settings

# Examples may take as long as the machine makes them: how fast it is says nothing about what is tested.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
