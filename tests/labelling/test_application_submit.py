from labelling.enums_ami import ApplicationState
from tests.factories import World
from tests.labelling import ami_world


def test_a_complete_file_is_submitted(world: World) -> None:
    call = ami_world.make_call(world.region)
    file = ami_world.ready_application(call, world.lille)
    assert file.state == ApplicationState.DEPOSEE and file.number
