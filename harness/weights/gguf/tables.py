"""What llama.cpp knows about GGUF files, as constants.

Source of all tables: llama.cpp as vendored in llama-cpp-python 0.3.36, in the file named at each.
"""

from __future__ import annotations

from struct import Struct

SOURCE = "llama-cpp-python 0.3.36"

# ggml/include/gguf.h: enum gguf_type
STRING, ARRAY = 8, 9
SCALARS: dict[int, Struct] = {
    kind: Struct("<" + code)
    for kind, code in {
        0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"
    }.items()
}  # fmt: skip

# ggml/include/gguf.h, ggml/include/ggml.h: GGUF_DEFAULT_ALIGNMENT, GGML_MAX_DIMS, GGML_MAX_NAME
ALIGNMENT = 32  # bytes, of the tensor data
MAX_DIMS = 4
MAX_NAME = 63  # bytes of a tensor's name

# ggml/src/ggml.c: type_traits; gguf-py/gguf/constants.py: GGML_QUANT_SIZES
# number -> (elements in a block, bytes of a block)
TENSOR_TYPES: dict[int, tuple[int, int]] = {
    0: (1, 4),  # F32
    1: (1, 2),  # F16
    2: (32, 18),  # Q4_0
    3: (32, 20),  # Q4_1
    6: (32, 22),  # Q5_0
    7: (32, 24),  # Q5_1
    8: (32, 34),  # Q8_0
    9: (32, 36),  # Q8_1
    10: (256, 84),  # Q2_K
    11: (256, 110),  # Q3_K
    12: (256, 144),  # Q4_K
    13: (256, 176),  # Q5_K
    14: (256, 210),  # Q6_K
    15: (256, 292),  # Q8_K
    16: (256, 66),  # IQ2_XXS
    17: (256, 74),  # IQ2_XS
    18: (256, 98),  # IQ3_XXS
    19: (256, 50),  # IQ1_S
    20: (32, 18),  # IQ4_NL
    21: (256, 110),  # IQ3_S
    22: (256, 82),  # IQ2_S
    23: (256, 136),  # IQ4_XS
    24: (1, 1),  # I8
    25: (1, 2),  # I16
    26: (1, 4),  # I32
    27: (1, 8),  # I64
    28: (1, 8),  # F64
    29: (256, 56),  # IQ1_M
    30: (1, 2),  # BF16
    34: (256, 54),  # TQ1_0
    35: (256, 66),  # TQ2_0
    39: (32, 17),  # MXFP4
    40: (64, 36),  # NVFP4
    41: (128, 18),  # Q1_0
    42: (64, 18),  # Q2_0
}
# ggml/src/ggml-cpu/repack.cpp: what its kernels want in another order than the file has it, by
# processor; Q2_K only where there is AVX-512
REPACKED: dict[str, frozenset[int]] = {
    "x86_64": frozenset((2, 10, 12, 20, 39)),
    "aarch64": frozenset((2, 8, 12, 13, 14, 20, 39, 41)),
}
# ggml/include/ggml.h: enum ggml_type, "support has been removed"
REMOVED_TYPES = frozenset((4, 5, 31, 32, 33, 36, 37, 38))

# include/llama.h: enum llama_ftype, under the names that file names on the hub carry
FILE_TYPES: dict[int, str] = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    9: "Q5_1",
    10: "Q2_K",
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    14: "Q4_K_S",
    15: "Q4_K_M",
    16: "Q5_K_S",
    17: "Q5_K_M",
    18: "Q6_K",
    19: "IQ2_XXS",
    20: "IQ2_XS",
    21: "Q2_K_S",
    22: "IQ3_XS",
    23: "IQ3_XXS",
    24: "IQ1_S",
    25: "IQ4_NL",
    26: "IQ3_S",
    27: "IQ3_M",
    28: "IQ2_S",
    29: "IQ2_M",
    30: "IQ4_XS",
    31: "IQ1_M",
    32: "BF16",
    36: "TQ1_0",
    37: "TQ2_0",
    38: "MXFP4_MOE",
    39: "NVFP4",
    40: "Q1_0",
    41: "Q2_0",
}

# src/llama-arch.cpp: LLM_ARCH_NAMES, those that write text token by token
_DECODERS = """
    afmoe apertus arcee arctic arwkv7 baichuan bailingmoe bailingmoe2 bailingmoe3 bitnet
    bloom chameleon chatglm codeshell cogvlm cohere2 cohere2moe command-r dbrx deci deepseek
    deepseek2 deepseek2-ocr deepseek32 deepseek4 dots1 dots3note ernie4_5 ernie4_5-moe
    exaone exaone-moe exaone4 falcon falcon-h1 gemma gemma2 gemma3 gemma3n gemma4 glm-dsa
    glm4 glm4moe glm5-next gpt-oss gpt2 gptneox granite granite_swa granitehybrid granitemoe
    graniteswitch grok grovemoe hrm_text hunyuan-dense hunyuan-moe hunyuan_vl hy_v3 hy_v4
    internlm2 jais jais2 jamba kimi-k3 kimi-linear laguna lfm2 lfm2moe llama llama4
    maincoder mamba mamba2 maple mellum mimo2 minicpm minicpm3 minimax-01 minimax-m2
    minimax-m3 mistral3 mistral4 mpt muse-glimmer nanbeige nemotron nemotron_h
    nemotron_h_moe olmo olmo2 olmoe openelm orion paddleocr pangu-embedded phi2 phi3 phimoe
    plamo plamo2 plamo3 plm qwen qwen2 qwen2moe qwen2vl qwen3 qwen35 qwen35moe qwen3moe
    qwen3next qwen3vl qwen3vlmoe qwen4exp refact rwkv6 rwkv6qwen2 rwkv7 seed_oss
    smallthinker smollm3 spark2_5 stablelm starcoder starcoder2 step35 talkie xverse
"""
DECODERS: frozenset[str] = frozenset(_DECODERS.split())

# The others of that table, by what they are.
_EMBEDDERS = """
    bert eurobert gemma-embedding jina-bert-v2 jina-bert-v3 llama-embed modern-bert neo-bert
    nomic-bert nomic-bert-moe t5encoder
"""
NOT_DECODERS: dict[str, str] = {
    "clip": "an image or audio encoder",
    "t5": "an encoder-decoder model",
    **dict.fromkeys(_EMBEDDERS.split(), "an embedding model"),
    **dict.fromkeys(("dflash", "eagle3", "gemma4-assistant"), "a drafter for another model"),
    **dict.fromkeys(("dream", "llada", "llada-moe", "rnd1"), "a diffusion model"),
    **dict.fromkeys(("pockettts", "qwen3tts", "wavtokenizer-dec"), "a speech model"),
}

# gguf-py/gguf/constants.py: GGUFType, by what they are
NOT_MODELS: dict[str, str] = {
    "adapter": "a LoRA adapter",
    "imatrix": "an importance matrix for quantizing",
    "mmproj": "the image or audio encoder of a multimodal model",
}
