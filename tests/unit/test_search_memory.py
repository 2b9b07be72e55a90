from services.search.memory import Memory


def test_what_was_not_used_longest_goes_first_when_the_memory_is_full() -> None:
    memory: Memory[str, int] = Memory(10)
    for name in ("a", "b"):
        memory.put(name, 1, cost=4)
    assert memory.get("a") == 1
    memory.put("c", 1, cost=4)
    assert [memory.get(name) for name in ("a", "b", "c")] == [1, None, 1]


def test_a_value_replaced_gives_its_room_back_and_one_too_large_is_not_kept() -> None:
    memory: Memory[str, int] = Memory(10)
    for _ in range(5):
        memory.put("a", 1, cost=6)
    memory.put("b", 2, cost=4)
    memory.put("huge", 3, cost=11)
    assert [memory.get(name) for name in ("a", "b", "huge")] == [1, 2, None]
