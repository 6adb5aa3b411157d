import pytest
import torch
import torch.nn.functional as F

from agents.llm.attention import grouped_attention


@pytest.mark.parametrize("rows", [1, 5])
@pytest.mark.parametrize("kv_heads", [1, 2, 6])
def test_equals_attention_over_repeated_keys(rows: int, kv_heads: int) -> None:
    torch.manual_seed(0)
    query = torch.randn(3, 6, rows, 8)
    key, value = torch.randn(3, kv_heads, 7, 8), torch.randn(3, kv_heads, 7, 8)
    mask = torch.rand(3, 1, rows, 7) > 0.4
    mask[..., 0] = True
    output, weights = grouped_attention(torch.nn.Module(), query, key, value, mask, scaling=0.3)
    repeated = [states.repeat_interleave(6 // kv_heads, dim=1) for states in (key, value)]
    expected = F.scaled_dot_product_attention(query, *repeated, attn_mask=mask, scale=0.3).transpose(1, 2)
    assert weights is None
    torch.testing.assert_close(output, expected)


def test_without_mask_it_is_causal() -> None:
    torch.manual_seed(0)
    module = torch.nn.Module()
    module.num_key_value_groups = 1  # type: ignore[assignment]  # what transformers' layers carry
    query, key, value = (torch.randn(1, 2, 4, 8) for _ in range(3))
    output, _ = grouped_attention(module, query, key, value, None, scaling=0.3)
    expected = F.scaled_dot_product_attention(query, key, value, is_causal=True, scale=0.3).transpose(1, 2)
    torch.testing.assert_close(output, expected)
